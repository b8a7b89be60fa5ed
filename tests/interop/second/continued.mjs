// docs/spec/phases.md, Faults 5 and 6: which bids a session takes over from the one that it continues.
import { count, digest, label, list, object, person, session, unique } from "./forms.mjs";
import { canonical, hex, sha256 } from "./notation.mjs";

const offer = object({ lot: label, bidder: person, digest });
const form = object({ session, size: count(1), root: digest, bids: list(1, 300, offer) });
const nameOf = (lot, bidder) => `${bidder} ${lot}`;

// Reads `continues` of a founding entry: a map from lot and bidder to the digest of what was opened.
export function readContinued(value) {
  form(value);
  unique(value.bids.map(({ lot, bidder }) => nameOf(lot, bidder)), "duplicate_bid");
  return new Map(value.bids.map((one) => [nameOf(one.lot, one.bidder), one.digest]));
}

const shortest = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

function digestOf({ sheet, files }) {
  const { bidder_name, price, size, small_share_percent: share, brand, duration, remarks } = sheet;
  const known = { bidder_name, size, duration, remarks, brand: brand ?? null, price: shortest(price),
    small_share_percent: share == null ? null : shortest(share) };
  return hex(sha256(canonical({ files: files.map((file) => file.sha256).sort(), sheet: known })));
}

export const mayBid = (offers, lot, bidder) => offers === null || offers.has(nameOf(lot, bidder));

export const isOffer = (offers, manifest) => offers === null || offers.get(nameOf(manifest.lot, manifest.bidder)) === digestOf(manifest);
