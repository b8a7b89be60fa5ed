// docs/spec/bundle.md step 11: this record held against another bundle of the session.
import { begin, must, Refused } from "./verdict.mjs";

// `other` reads the other bundle by steps 1 to 4; it has to pass them itself.
export function checkAgainst(own, read) {
  let other;
  try {
    other = read();
  } catch (error) {
    begin("against");
    if (error instanceof Refused) must(false, `the other bundle fails: ${error.message}`);
    throw error;
  }
  begin("against");
  must(other.record.session === own.record.session, "the other bundle is of another session");
  const [mine, theirs] = [own.bundle.lines, other.bundle.lines];
  const differs = theirs.findIndex((line, at) => at < mine.length && !line.equals(mine[at]));
  must(differs < 0, `the records differ at line ${differs} ${own.lines[differs]?.entry.kind}`);
  must(theirs.length <= mine.length, `the end is missing from line ${mine.length}`);
  for (const bid of own.session.bids.values()) {
    const given = bid.state === "unopenable" && bid.reason === "ciphertext_missing" && !bid.absentThen;
    must(!given || !other.bundle.files.has(bid.ciphertext.sha256), `${bid.id} was given up and is in the other bundle`);
  }
}
