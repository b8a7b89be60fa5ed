// docs/spec/draw.md: the pool, the seed, the tickets, the panel, who follows, and the names.
import { createHmac } from "node:crypto";
import { leafHash, treeRoot } from "./checkpoint.mjs";
import { canonical, DIGEST, hex, strictJson, tagged, unb64u } from "./notation.mjs";
import { bytes, count, object, oneOf, text, venue, Void } from "./forms.mjs";
import { ageDecrypt } from "./seal.mjs";
import { begin, must } from "./verdict.mjs";

function readPool(data) {
  const lines = data.toString("latin1").split("\n");
  const version = { "bideval-pool/1": 1, "bideval-pool/2": 2 }[lines[0]];
  must(version && lines.at(-1) === "", "the pool has another format");
  const rows = lines.slice(1, -1).map((line) => {
    const [leaf, discipline, region, ...more] = line.split("\t");
    const [weight, status, ...rest] = version === 1 ? ["1", ...more] : more;
    must(line.length <= 256 && DIGEST.test(leaf) && !rest.length && /^([1-9][0-9]?|100)$/.test(weight), "a row of the pool");
    must(/^[A-Za-z0-9-]{1,40}$/.test(discipline) && /^[a-z][a-z0-9-]{1,30}$/.test(region) && /^[a-z_]{1,40}$/.test(status ?? ""), "a row of the pool");
    return { line, leaf, discipline, region, weight: Number(weight), status };
  });
  must(rows.every((row, at) => at === 0 || rows[at - 1].leaf < row.leaf), "the pool's rows do not rise");
  return { rows, version };
}

function ticket(seed, row) {
  const leaf = Buffer.from(row.leaf, "hex");
  const tickets = [createHmac("sha256", seed).update(leaf).digest("hex")];
  for (let ball = 1; ball < row.weight; ball += 1) {
    tickets.push(createHmac("sha256", seed).update(leaf).update(Buffer.of(ball >> 8, ball & 255)).digest("hex"));
  }
  return tickets.sort()[0];
}

function subsets(items) {
  return items.reduce((all, one) => [...all, ...all.map((some) => [...some, one])], [[]]);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

// The fill of draw.md section 6: seats per class and venue, experts left per class and venue.
function fill(classes, venues, left) {
  return Math.min(...subsets([...classes.keys()]).map((some) => {
    const outside = sum([...classes].filter(([name]) => !some.includes(name)).map(([, seats]) => seats));
    const inside = sum([...venues].map(([venue, seats]) => Math.min(seats, sum(some.map((one) => left(one, venue))))));
    return outside + inside;
  }));
}

function counter(rows) {
  const counts = new Map();
  for (const row of rows) {
    const cell = `${row.discipline}\t${row.region}`;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return (discipline, venue) => counts.get(`${discipline}\t${venue}`) ?? 0;
}

function classTotals(seats) {
  const totals = new Map();
  for (const { cls, free } of seats) totals.set(cls, (totals.get(cls) ?? 0) + free);
  return totals;
}

// Which classes fill whose seats: [{discipline, cls, free}], moved one by one while the fill grows.
function strata(panel, rows) {
  const seats = [];
  for (const { id, members, fallback } of panel.disciplines) {
    for (const cls of [id, ...(fallback ?? [])]) seats.push({ discipline: id, cls, free: cls === id ? members : 0 });
  }
  const venues = new Map(panel.seats.map(({ venue, members }) => [venue, members]));
  const wanted = sum(panel.seats.map(({ members }) => members));
  const left = counter(rows);
  for (let now = fill(classTotals(seats), venues, left); now < wanted;) {
    const move = seats.find((to) => {
      const from = seats.find((one) => one.discipline === to.discipline && one.cls === to.discipline);
      if (to === from || from.free === 0) return false;
      from.free -= 1;
      to.free += 1;
      if (fill(classTotals(seats), venues, left) > now) return true;
      from.free += 1;
      to.free -= 1;
      return false;
    });
    must(move, "the pool is too small");
    now = fill(classTotals(seats), venues, left);
  }
  return { seats, venues, wanted };
}

function drawPanel(panel, rows, seed) {
  const { seats, venues, wanted } = strata(panel, rows);
  const ordered = rows.map((row) => ({ row, ticket: ticket(seed, row) }));
  ordered.sort((a, b) => (a.ticket + a.row.leaf < b.ticket + b.row.leaf ? -1 : 1));
  const drawn = [];
  for (const [at, one] of ordered.entries()) {
    if (drawn.length === wanted) break;
    const { discipline: cls, region } = one.row;
    const seat = seats.find((free) => free.cls === cls && free.discipline === cls && free.free > 0)
      ?? seats.find((free) => free.cls === cls && free.free > 0);
    if (!seat || !venues.get(region)) continue;
    seat.free -= 1;
    venues.set(region, venues.get(region) - 1);
    const rest = counter(ordered.slice(at + 1).map((other) => other.row));
    if (fill(classTotals(seats), venues, rest) === wanted - drawn.length - 1) {
      drawn.push({ blinded: one.row.leaf, discipline: seat.discipline, cls, venue: region, ticket: one.ticket });
      continue;
    }
    seat.free += 1;
    venues.set(region, venues.get(region) + 1);
  }
  return drawn;
}

// --- names, exclusions, supplements ------------------------------------------------------------------

const STATUSES = ["eligible", "venue_not_taking_part", "discipline_not_wanted", "employer_is_bidder", "employer_is_purchaser",
  "worked_for_bidder", "kin_of_bidder", "took_part_before", "named_by_party"];

function checkExclusions(rows, session) {
  const { panel } = session.tender;
  const wanted = new Set(panel.disciplines.flatMap(({ id, fallback }) => [id, ...(fallback ?? [])]));
  for (const row of rows) {
    const reason = !session.record.venues.has(row.region) ? "venue_not_taking_part" : wanted.has(row.discipline) ? null : "discipline_not_wanted";
    const said = STATUSES.slice(1, 3).includes(row.status) ? row.status : null;
    must(reason === said, `the row ${row.leaf} has another status`);
    must(STATUSES.includes(row.status), `the row ${row.leaf} has an unknown status`);
  }
}

const plain = (name) => name.normalize("NFKC").toUpperCase().toLowerCase().replace(/\p{White_Space}/gu, "");

const identity = object({
  format: oneOf("bideval-expert/1"), name: text(1, 200), employer: text(0, 200), title: text(0, 200), discipline: text(1, 200), venue,
  weight: count(1, 100), salt: bytes(16), private: bytes(32),
});
const identity1 = object({ name: text(1, 4000), id_tail: text(1, 4000), discipline: text(1, 4000), venue: text(1, 4000), salt: bytes(16) });

function leafOf(one) {
  const old = one?.format == null;
  try {
    (old ? identity1 : identity)(one);
  } catch (error) {
    must(!(error instanceof Void), "a list of names holds something else than identities");
    throw error;
  }
  const salt = unb64u(one.salt, "salt");
  must(salt.length === 16, "a salt has another length");
  if (old) return hex(tagged("bideval/pool-leaf/v1", salt, `${one.name}/${one.id_tail}`, one.discipline, one.venue));
  const { name, employer, title, discipline, weight } = one;
  const kept = unb64u(one.private, "private");
  must(kept.length === 32, "a private digest has another length");
  return hex(tagged("bideval/pool-leaf/v2", salt, name, employer, title, discipline, one.venue, String(weight), kept));
}

function checkNames(session, { names }, seats) {
  const { recipient } = names.seal;
  if (!session.seals.enough(recipient)) return 0;
  const key = session.seals.open(recipient);
  const list = key && ageDecrypt(key, unb64u(names.ciphertext, "names"));
  must(list && list.length <= 32_768, "a list of names does not open");
  const people = strictJson(list, "names");
  must(Array.isArray(people) && people.length === seats.length, "a list of names has another length");
  const opened = [...session.bids.values()].filter((bid) => bid.state === "opened");
  const bidders = new Set(opened.map((bid) => plain(bid.opened.manifest.sheet.bidder_name)));
  const buyers = new Set([session.tender.procuring_entity, session.tender.agent ?? ""].map(plain));
  seats.forEach((seat, at) => {
    must(leafOf(people[at]) === seat.blinded, `seat ${seat.seat} was given to somebody else`);
    const employer = plain(people[at].employer ?? "");
    must(!employer || !(bidders.has(employer) || buyers.has(employer)), `seat ${seat.seat}: the employer excludes the expert`);
  });
  return seats.length;
}

function checkSupplements(session, eligible, seed) {
  const drawn = new Set(session.draw.panel.map((seat) => seat.blinded));
  const tickets = eligible.map((row) => ({ row, ticket: ticket(seed, row) }));
  tickets.sort((a, b) => (a.ticket + a.row.leaf < b.ticket + b.row.leaf ? -1 : 1));
  for (const { panel: seat } of session.supplements) {
    const { fallback } = session.tender.panel.disciplines.find(({ id }) => id === seat.discipline);
    const free = tickets.filter(({ row }) => row.region === seat.venue && !drawn.has(row.leaf));
    const next = [seat.discipline, ...(fallback ?? [])].map((cls) => free.find(({ row }) => row.discipline === cls)).find(Boolean);
    must(next, "nobody is left for a supplement");
    const same = next.row.leaf === seat.blinded && next.ticket === seat.ticket && next.row.discipline === (seat.class ?? seat.discipline);
    must(same, `the supplement of seat ${seat.seat} is another one`);
    drawn.add(seat.blinded);
  }
}

export function checkDraw(bundle, session) {
  begin("draw");
  const { draw: stated, pool } = session;
  if (!stated) return null;
  const file = bundle.files.get(pool.file.sha256);
  must(file, "the pool is not in the bundle");
  const { rows, version } = readPool(file);
  const root = treeRoot(rows.map((row) => leafHash(row.line)));
  must(hex(root) === pool.root && rows.length === pool.count, "the pool is another one");
  const eligible = rows.filter((row) => row.status === "eligible");
  must(eligible.length === pool.eligible, "the pool has other eligible rows");
  const excluded = {};
  for (const { status } of rows) if (status !== "eligible") excluded[status] = (excluded[status] ?? 0) + 1;
  must(canonical(version === 1 ? null : excluded) === canonical(pool.excluded ?? null), "the pool has other exclusions");
  must(session.tender.panel.weighted || rows.every((row) => row.weight === 1), "the pool has weights");
  if (version > 1) checkExclusions(rows, session);
  const seed = seedOf(session, root);
  must(hex(seed) === stated.seed, "the seed is another one");
  const found = drawPanel(session.tender.panel, eligible, seed);
  const said = stated.panel.map((seat) => ({
    blinded: seat.blinded, discipline: seat.discipline, cls: seat.class ?? seat.discipline, venue: seat.venue, ticket: seat.ticket,
  }));
  must(canonical(said) === canonical(found), "the panel is another one");
  checkSupplements(session, eligible, seed);
  const named = [[stated, stated.panel], ...session.supplements.map((one) => [one, [one.panel]])];
  const opened = named.map(([body, seats]) => checkNames(session, body, seats));
  return { seed: hex(seed), names: sum(opened) };
}

function seedOf(session, root) {
  const nonces = session.committers().map((actor) => {
    const { ciphertext, commitment, seal } = session.nonces.get(actor);
    const identity = session.seals.open(seal.recipient);
    const nonce = identity && ageDecrypt(identity, unb64u(ciphertext, "ciphertext"));
    must(nonce?.length === 32, `the nonce of ${actor} does not open`);
    must(hex(tagged("bideval/draw-commitment/v1", session.id, actor, nonce)) === commitment, `the nonce of ${actor} is another one`);
    return [actor, nonce];
  });
  nonces.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])));
  return tagged("bideval/draw-seed/v1", session.id, root, String(nonces.length), ...nonces.flat(), "");
}
