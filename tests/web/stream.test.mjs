// A large bid is sealed in pieces: what the page holds at any moment does not grow with the file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { packageBlob, sealBlob, makeManifest } from "../../web/static/js/package.js";

const MEGABYTE = 1024 * 1024;
const SIZE = 64 * MEGABYTE;
const HELD = 24 * MEGABYTE;

// A file that is on a disk: it has a size, and bytes only where it is sliced.
class FarFile {
  constructor(size, counts) {
    Object.assign(this, { size, counts, name: "plans.pdf", type: "application/pdf" });
  }

  slice(from, to) {
    const size = Math.min(to, this.size) - from;
    return { size, arrayBuffer: async () => { this.counts.read += size; return new ArrayBuffer(size); } };
  }
}

// What the browser keeps in Blobs it may keep on its disk: here it is counted and dropped.
function blobsThatCount(counts) {
  return class {
    constructor(parts) {
      this.size = parts.reduce((sum, part) => sum + (part.size ?? part.length), 0);
      for (const part of parts) if (part instanceof Uint8Array) counts.kept += part.length;
      counts.most = Math.max(counts.most, counts.read - counts.kept);
      counts.largest = Math.max(counts.largest, ...parts.map((part) => part.length ?? 0));
    }
  };
}

test("a file is hashed and sealed without being held", async () => {
  const counts = { read: 0, kept: 0, most: 0, largest: 0 };
  const manifest = await makeManifest({ session: "s-001" }, [new FarFile(SIZE, { read: 0 })], () => {});
  assert.equal(manifest.files[0].size, SIZE);
  const recipient = await identityToRecipient(await generateX25519Identity());
  const real = globalThis.Blob;
  globalThis.Blob = blobsThatCount(counts);
  try {
    const { size, sealed } = await sealBlob(new FarFile(SIZE, counts), recipient, () => {});
    assert.equal(sealed.size, size);
  } finally {
    globalThis.Blob = real;
  }
  assert.equal(counts.read, SIZE);
  assert.ok(counts.most < HELD, `${counts.most} bytes were held at once`);
  assert.ok(counts.largest <= 8 * MEGABYTE, `a piece had ${counts.largest} bytes`);
});

test("a package points at its files and copies none", () => {
  const file = new File([new Uint8Array(5 * MEGABYTE)], "plans.pdf");
  const parts = [];
  const real = globalThis.Blob;
  globalThis.Blob = class { constructor(given) { parts.push(...given); } };
  try {
    packageBlob({ files: [] }, [file]);
  } finally {
    globalThis.Blob = real;
  }
  assert.equal(parts.at(-1), file);
});
