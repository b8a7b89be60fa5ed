// A second verifier, written from docs/spec alone: Node's own modules, nothing of bideval.
//
//   node verifier.mjs BUNDLE [--against BUNDLE] [RECEIPT...]     facts as JSON and exit 0, or "step: reason" and exit 1
import { readFileSync } from "node:fs";
import { checkAgainst } from "./second/against.mjs";
import { checkReceipt } from "./second/receipts.mjs";
import { checkAll, readBundle } from "./second/steps.mjs";
import { current, Refused } from "./second/verdict.mjs";

const [file, ...rest] = process.argv.slice(2);
const flag = rest.indexOf("--against");
const [others, receipts] = flag < 0 ? [[], rest] : [rest.slice(flag + 1, flag + 2), [...rest.slice(0, flag), ...rest.slice(flag + 2)]];
try {
  const read = readBundle(readFileSync(file));
  const facts = checkAll(read);
  others.forEach((other) => checkAgainst(read, () => readBundle(readFileSync(other))));
  receipts.forEach((receipt) => checkReceipt(readFileSync(receipt), read.record, read.bundle.lines));
  console.log(JSON.stringify(facts));
} catch (error) {
  if (!(error instanceof Refused)) console.error(error);
  console.log(error instanceof Refused ? error.message : `${current()}: ${error.message}`);
  process.exitCode = 1;
}
