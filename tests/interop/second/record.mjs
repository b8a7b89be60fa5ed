// docs/spec/entry.md, line-and-record.md: lines read, keys found, numbers and chains.
import { checkBody } from "./bodies.mjs";
import { isInstant } from "./forms.mjs";
import { check, enrolled, jws } from "./keys.mjs";
import { DIGEST, exactly, hex, sha256, strictJson, tagged, unb64u } from "./notation.mjs";
import { begin, must } from "./verdict.mjs";

const KIND = /^[a-z]{1,20}\.[a-z_]{1,30}$/;
const AUTHOR = /^(venue\/[a-z][a-z0-9-]{1,30}|[a-z][a-z0-9-]{1,40})$/;
const SESSION = /^[a-z0-9][a-z0-9.-]{3,63}$/;
const MEMBERS = ["session", "author", "kind", "id", "at", "seen", "body"];
const EMPTY = hex(sha256(""));

export function readLine(bytes) {
  must(bytes.length > 0 && bytes.length <= 65_535, "a line has no or too many bytes");
  const found = /^([a-z][a-z0-9-]{1,30}) ([1-9][0-9]{0,15}) ([A-Za-z0-9_.-]+)$/.exec(bytes.toString("latin1"));
  must(found, "a line is malformed");
  const statement = jws(found[3]);
  const entry = strictJson(statement.payload, "payload");
  exactly(entry, MEMBERS, "payload");
  exactly(entry.seen, ["size", "root"], "seen");
  const { session, author, kind, id, at, seen, body } = entry;
  const texts = [session, author, kind, id, at, seen.root].every((one) => typeof one === "string");
  must(texts && SESSION.test(session) && AUTHOR.test(author) && KIND.test(kind), "a payload is malformed");
  must(unb64u(id, "id").length === 16 && isInstant(at), "a payload is malformed");
  must(DIGEST.test(seen.root) && Number.isSafeInteger(seen.size) && seen.size >= 0, "seen is malformed");
  must(seen.size > 0 || seen.root === EMPTY, "seen is malformed");
  must(body !== null && typeof body === "object" && !Array.isArray(body), "body is no object");
  return { bytes, origin: found[1], n: Number(found[2]), statement, entry, kid: statement.header.kid, hash: hex(sha256(found[3])) };
}

// The keys and numbers of a record, as far as it has been taken.
export class Record {
  constructor(session) {
    Object.assign(this, { session, venues: new Map(), owners: new Map(), refused: new Map(), heads: new Map(), places: new Map(), said: new Set() });
  }

  take(bytes, position) {
    begin("fold");
    const line = readLine(bytes);
    const { entry } = line;
    if (position === 0) this.found(line);
    const owner = this.owners.get(line.kid) ?? this.refused.get(line.kid);
    must(owner, `line ${position}: no such key is enrolled`);
    must(owner.actor === entry.author, `line ${position}: the key speaks for somebody else`);
    begin("signatures");
    check(line.statement, owner.known, "bideval-entry/1");
    begin("fold");
    must(entry.session === this.session, `line ${position} is of another session`);
    must(owner.origin === line.origin, `line ${position}: the key belongs to another venue`);
    const before = this.heads.get(line.origin);
    must(line.n === before.n + 1, `line ${position} has another number than ${before.n + 1}`);
    const name = `${entry.author} ${entry.id}`;
    const taken = { ...line, position, repeated: this.said.has(name), vector: this.vector() };
    this.said.add(name);
    this.heads.set(line.origin, { n: line.n, chain: tagged("bideval/chain/v1", before.chain, bytes) });
    if (!this.places.has(line.hash)) this.places.set(line.hash, { origin: line.origin, chain: this.heads.get(line.origin).chain });
    return taken;
  }

  vector() {
    return Object.fromEntries([...this.heads].map(([origin, { n, chain }]) => [origin, { n, chain: hex(chain) }]));
  }

  found({ entry, origin, n }) {
    must(entry.kind === "session.founded", "the first entry founds the session");
    try {
      checkBody(entry.kind, entry.body);
    } catch (wrong) {
      must(false, `the founding entry is malformed: ${wrong.message}`);
    }
    for (const venue of entry.body.venues) {
      const known = enrolled(venue.suite, unb64u(venue.public, "public"), `the key of ${venue.id}`);
      this.venues.set(venue.id, known);
      this.own(known, `venue/${venue.id}`, venue.id);
      this.heads.set(venue.id, { n: 0, chain: tagged("bideval/chain/v1", this.session, venue.id) });
    }
    this.main = entry.body.main;
    must(origin === this.main && n === 1 && entry.author === `venue/${this.main}`, "main founds the session");
  }

  // The key of an enrolment that is void: what it signs is authentic, and void too.
  refuse(known, actor, origin, role) {
    if (!this.refused.has(known.kid)) this.refused.set(known.kid, { actor, origin, known, role });
  }

  own(known, actor, origin) {
    this.owners.set(known.kid, { actor, origin, known });
  }
}
