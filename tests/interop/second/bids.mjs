// docs/spec/bundle.md step 6 and bid-package.md section 3: bids opened again, and bids given up.
import { manifestForm } from "./bodies.mjs";
import { isOffer } from "./continued.mjs";
import { Void } from "./forms.mjs";
import { compare, fromText, whole } from "./fractions.mjs";
import { canonical, hex, sha256, strictJson } from "./notation.mjs";
import { ageDecrypt } from "./seal.mjs";
import { begin, must, Refused } from "./verdict.mjs";

const MAGIC = Buffer.from("bideval-bid/1\n");

// The manifest of a package, or null where it is none or is about another bid.
function unpackBid(data, bid, { id: session, tender, offers }) {
  const from = MAGIC.length + 4;
  if (data.length < from || !data.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const size = data.readUInt32BE(MAGIC.length);
  if (size > 45_000 || data.length < from + size) return null;
  let manifest;
  try {
    manifest = strictJson(data.subarray(from, from + size), "manifest");
    manifestForm(manifest);
  } catch (error) {
    if (error instanceof Refused || error instanceof Void) return null;
    throw error;
  }
  const own = manifest.session === session && manifest.bid === bid.id && manifest.lot === bid.lot && manifest.bidder === bid.bidder;
  const { method } = tender;
  const compared = method.type === "lowest_price" || method.price != null;
  if (compared && compare(fromText(manifest.sheet.price), whole(0)) === 0) return null;
  let at = from + size;
  for (const file of manifest.files) {
    const content = data.subarray(at, at + file.size);
    if (content.length !== file.size || hex(sha256(content)) !== file.sha256) return null;
    at += file.size;
  }
  return own && isOffer(offers, manifest) && at === data.length ? manifest : null;
}

function openBid(bid, bundle, session) {
  const file = bundle.files.get(bid.ciphertext.sha256);
  const identity = session.seals.open(bid.seal.recipient);
  if (!file || !identity) return null;
  const plain = ageDecrypt(identity, file);
  const manifest = plain && unpackBid(plain, bid, session);
  return manifest && { sha256: hex(sha256(plain)), manifest };
}

const ABOUT_THE_FILE = ["ciphertext_missing", "ciphertext_differs"];

export function checkBids(bundle, session) {
  begin("bids");
  const counts = { opened: 0, unopenable: 0 };
  for (const bid of session.bids.values()) {
    if (bid.state === "opened") {
      const found = openBid(bid, bundle, session);
      must(found, `${bid.id} does not open`);
      must(found.sha256 === bid.opened.sha256, `${bid.id} was announced with another digest`);
      must(canonical(found.manifest) === canonical(bid.opened.manifest), `${bid.id} was announced with another manifest`);
      counts.opened += 1;
    }
    if (bid.state === "unopenable") {
      const here = bundle.files.has(bid.ciphertext.sha256);
      if (ABOUT_THE_FILE.includes(bid.reason)) must(!here || bid.absentThen, `${bid.id} was given up and is here`);
      else if (bid.reason !== "shares_missing") must(here && !openBid(bid, bundle, session), `${bid.id} was given up and opens`);
      counts.unopenable += 1;
    }
  }
  return counts;
}
