/**
 * The bid package (docs/spec): manifest and files in one stream, sealed with age, never whole in memory.
 * Decided here: the byte layout and the digests. Custody and the entry are made by `bid_seal.js`.
 */
import { Encrypter } from "age-encryption";
import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalBytes, hex, utf8 } from "./encoding.js";
import { roomFor } from "./own_disk.js";

const MAGIC = "bideval-bid/1\n";
const CHUNK = 1024 * 1024;

/** @param {Blob} blob @param {(done: number) => void} tell @returns {AsyncGenerator<Uint8Array>} */
async function* chunks(blob, tell) {
  for (let at = 0; at < blob.size; at += CHUNK) {
    yield new Uint8Array(await blob.slice(at, at + CHUNK).arrayBuffer());
    tell(Math.min(at + CHUNK, blob.size));
  }
}

/** @param {Blob} blob @param {(done: number) => void} [tell] @returns {Promise<string>} */
export async function blobDigest(blob, tell = () => {}) {
  const hash = sha256.create();
  for await (const chunk of chunks(blob, tell)) hash.update(chunk);
  return hex(hash.digest());
}

/**
 * @param {Record<string, unknown>} parts session, bid, lot, bidder, sheet @param {File[]} files
 * @param {(done: number) => void} tell bytes hashed so far, over all files
 */
export async function makeManifest(parts, files, tell) {
  const listed = [];
  let before = 0;
  for (const file of files) {
    const sum = await blobDigest(file, (done) => tell(before + done));
    listed.push({ name: file.name, size: file.size, sha256: sum, media_type: file.type || "application/octet-stream" });
    before += file.size;
  }
  return { ...parts, files: listed };
}

/** @param {Record<string, unknown>} manifest @param {Blob[]} files @returns {Blob} the plaintext of a sealed bid */
export function packageBlob(manifest, files) {
  const head = canonicalBytes(manifest);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, head.length);
  return new Blob([utf8(MAGIC), length, head, ...files]);
}

/**
 * Seal `plain` to `recipient`. What comes goes to the page's own disk, so memory stays flat; `forget` when it is handed on.
 * @param {Blob} plain @param {string} recipient @param {(done: number) => void} tell plaintext bytes sealed
 * @returns {Promise<{sealed: Blob, sha256: string, size: number, forget: () => Promise<void>}>}
 */
export async function sealBlob(plain, recipient, tell) {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const source = chunks(plain, tell);
  const stream = new ReadableStream({
    async pull(controller) {
      const { value, done } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  return collect(await encrypter.encrypt(stream), await roomFor(plain.size));
}

/** @param {ReadableStream<Uint8Array>} stream @param {import("./own_disk.js").Room} room */
async function collect(stream, room) {
  const hash = sha256.create();
  let size = 0;
  try {
    const reader = stream.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      hash.update(step.value);
      size += step.value.length;
      await room.write(step.value);
    }
    return { sealed: await room.whole(), sha256: hex(hash.digest()), size, forget: room.forget };
  } catch (error) {
    await room.forget();
    throw error;
  }
}
