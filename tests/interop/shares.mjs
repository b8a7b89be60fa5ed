// What the browser's Shamir library makes of shares: one JSON question on standard input, one answer.
// {split: [{secret, count, threshold}], combine: [[share, ...], ...]}, all bytes in hexadecimal.
import { combine, split } from "shamir-secret-sharing";

const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

let text = "";
for await (const part of process.stdin) text += part;
const asked = JSON.parse(text);
const answer = { split: [], combine: [] };
for (const { secret, count, threshold } of asked.split) {
  answer.split.push((await split(bytes(secret), count, threshold)).map(hex));
}
for (const shares of asked.combine) answer.combine.push(hex(await combine(shares.map(bytes))));
process.stdout.write(JSON.stringify(answer));
