// docs/spec/seal.md and kinds.md: the seals of a session, their shares released and refused.
import { need } from "./forms.mjs";
import { hex, sha256, unb64u } from "./notation.mjs";
import { openSeal } from "./seal.mjs";

const CUSTODY = { bid: "bids", marks: "marks", identity: "identities", nonce: "nonces" };

export class Seals {
  constructor(session) {
    this.session = session;
    this.all = new Map();
  }

  add(seal, purpose, author) {
    const wanted = this.session.tender.custody[CUSTODY[purpose]];
    const same = seal.purpose === purpose && seal.threshold === wanted.threshold
      && seal.shares.map((share) => share.custodian).join() === wanted.custodians.join();
    need(same, "custody_differs");
    need(!this.all.has(seal.recipient), "seal_known");
    this.all.set(seal.recipient, { seal, author, released: new Map(), places: new Map(), refused: new Set() });
  }

  get(recipient) { return this.all.get(recipient) ?? null; }

  enough(recipient) {
    const { seal, released } = this.all.get(recipient);
    return released.size >= seal.threshold;
  }

  lost(recipient) {
    const { seal, released, refused } = this.all.get(recipient);
    const gone = [...refused].filter((custodian) => !released.has(custodian));
    return seal.shares.length - gone.length < seal.threshold;
  }

  // The identity that the shares give which stand before a position of the record; null where they give none.
  open(recipient, before = Infinity) {
    const { seal, released, places } = this.all.get(recipient);
    return openSeal(seal, new Map([...released].filter(([custodian]) => places.get(custodian) < before)));
  }

  own(body, author) {
    need(body.custodian === author, "other_custodian");
    const found = this.all.get(body.recipient);
    need(found, "unknown_seal");
    const dealt = found.seal.shares.find((share) => share.custodian === author);
    need(dealt, "other_custodian");
    return { found, dealt };
  }

  release(body, author, position) {
    const { found, dealt } = this.own(body, author);
    need(this.due(found), "too_early");
    need(!found.released.has(author), "share_known");
    const share = unb64u(body.share, "share");
    need(hex(sha256(share)) === dealt.digest && share.length === 75 && share[74] !== 0, "share_wrong");
    found.released.set(author, share);
    found.places.set(author, position);
  }

  refuse(body, author) {
    const { found } = this.own(body, author);
    const { session } = this;
    need(found.seal.purpose !== "bid", "other_purpose");
    need(!found.released.has(author), "share_known");
    need(!found.refused.has(author), "already_refused");
    found.refused.add(author);
    if (!this.lost(body.recipient)) return;
    if (found.seal.purpose === "marks" && !session.passed.has("released")) session.panel.forget(body.recipient);
    if (found.seal.purpose === "nonce") this.takeOut(body.recipient, found.author);
  }

  // A lost nonce is taken out, as long as enough shares of no present nonce are in the record.
  takeOut(recipient, author) {
    const { nonces, lostNonces } = this.session;
    if ([...nonces.values()].some((nonce) => this.enough(nonce.seal.recipient))) return;
    if (nonces.get(author)?.seal.recipient !== recipient) return;
    nonces.delete(author);
    lostNonces.push(author);
  }

  due({ seal: { purpose, recipient }, author }) {
    const { session } = this;
    if (purpose === "bid") {
      const bid = [...session.bids.values()].find((one) => one.seal.recipient === recipient);
      return session.closed && bid.state !== "withdrawn" && session.lotsToOpen().includes(bid.lot);
    }
    if (purpose === "nonce") return session.nonces.get(author)?.seal.recipient === recipient && session.allCommitted();
    return session.passed.has(purpose === "marks" ? "released" : "reported");
  }
}
