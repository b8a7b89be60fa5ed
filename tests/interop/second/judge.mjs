// Asks the second verifier without a bundle: one JSON value per line in, one per line out.
//
//   {"case": bideval-case/1}                     the result, or null where the method cannot be applied
//   {"misbehaviour": base64}                     whom the file proves something against, or null
//   {"session": id, "lines": [base64, ...]}      for every line the code that makes it void, or null; then the phase
import { createInterface } from "node:readline";
import { evaluate } from "./evaluation.mjs";
import { judge } from "./misbehaviour.mjs";
import { Record } from "./record.mjs";
import { Session } from "./session.mjs";
import { Refused } from "./verdict.mjs";

const table = (value) => new Map(Object.entries(value));

function evaluated(paper) {
  const scoresheets = paper.scoresheets.map(({ member, marks }) => (
    { member, marks: new Map(Object.entries(marks).map(([bid, row]) => [bid, table(row)])) }));
  try {
    return evaluate({ ...paper, scoresheets });
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

function folded({ session: id, lines }) {
  const record = new Record(id);
  const session = new Session(record);
  const codes = lines.map((line, position) => session.take(record.take(Buffer.from(line, "base64"), position)));
  return { codes, phase: session.phase };
}

function accused({ misbehaviour }) {
  try {
    return judge(Buffer.from(misbehaviour, "base64"));
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

function answer(asked) {
  if (asked.misbehaviour) return accused(asked);
  return asked.case ? evaluated(asked.case) : folded(asked);
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(answer(asked)));
}
