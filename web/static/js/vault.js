/**
 * What a browser keeps on this machine: one IndexedDB database with five stores.
 * Decided here: the stores, and that every write is strict (on the disk before it counts).
 *   keys: signing and receiving keys by name   secrets: one-time identities of seals
 *   replica: the last signed value per field   outbox: signed entries not yet acknowledged   facts: counters
 */
const NAME = "bideval";
const STORES = ["keys", "secrets", "replica", "outbox", "facts"];

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** @returns {Promise<IDBDatabase>} */
export function openVault() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
  return opened;
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * Run `work` in one transaction; resolves after the strict commit, with what `work` returned.
 * @template T @param {string[]} stores @param {(of: (store: string) => IDBObjectStore) => T} work @returns {Promise<T>}
 */
export async function write(stores, work) {
  const vault = await openVault();
  const transaction = vault.transaction(stores, "readwrite", { durability: "strict" });
  const result = work((store) => transaction.objectStore(store));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
  return result;
}

/** @param {string} store @param {string} key */
export async function get(store, key) {
  const vault = await openVault();
  return settled(vault.transaction(store).objectStore(store).get(key));
}

/** @param {string} store @param {string} key @param {unknown} value */
export const put = (store, key, value) => write([store], (of) => void of(store).put(value, key));

/** All pairs whose key starts with `prefix`, in key order. @param {string} store @param {string} prefix */
export async function pairs(store, prefix) {
  const vault = await openVault();
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const area = vault.transaction(store).objectStore(store);
  const [keys, values] = await Promise.all([settled(area.getAllKeys(range)), settled(area.getAll(range))]);
  return keys.map((key, at) => /** @type {[string, any]} */ ([String(key), values[at]]));
}
