/**
 * A place for bytes that a page makes and hands on once: a file of its own on the disk, that no other site sees.
 * Decided here: when there is one, and that nothing stays behind. Where there is none, Blobs keep the bytes.
 */
import { hex, randomBytes } from "./encoding.js";

const PREFIX = "bideval-";
const OLD_MS = 86_400_000;
const PIECE = 8 * 1024 * 1024;

/**
 * @typedef {{write(part: Uint8Array): Promise<void>, whole(): Promise<Blob>, forget(): Promise<void>}} Room
 * @param {number} size bytes that will be written, about @returns {Promise<Room>}
 */
export async function roomFor(size) {
  return (await diskRoom(size).catch(() => null)) ?? blobRoom();
}

/** @param {number} size @returns {Promise<Room|null>} */
async function diskRoom(size) {
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  if (quota - usage < 2 * size) return null;
  const root = await navigator.storage.getDirectory();
  await sweep(root);
  const name = `${PREFIX}${Date.now()}-${hex(randomBytes(4))}`;
  const file = await root.getFileHandle(name, { create: true });
  const writable = await file.createWritable();
  return {
    write: (part) => writable.write(part),
    whole: () => writable.close().then(() => file.getFile()),
    forget: () => root.removeEntry(name).catch(() => {}),
  };
}

/** Remove what pages left that were closed while they worked. @param {any} root */
async function sweep(root) {
  for await (const name of root.keys()) {
    const since = Number(name.slice(PREFIX.length).split("-")[0]);
    if (name.startsWith(PREFIX) && Date.now() - since > OLD_MS) await root.removeEntry(name);
  }
}

/** @returns {Room} */
function blobRoom() {
  /** @type {Blob[]} */ const parts = [];
  /** @type {Uint8Array[]} */ let held = [];
  let waiting = 0;
  return {
    async write(part) {
      held.push(part);
      waiting += part.length;
      if (waiting <= PIECE) return;
      parts.push(new Blob(/** @type {BlobPart[]} */ (held)));
      held = [];
      waiting = 0;
    },
    whole: async () => new Blob([...parts, .../** @type {BlobPart[]} */ (held)]),
    forget: async () => {},
  };
}
