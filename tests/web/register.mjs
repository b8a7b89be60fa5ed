import { register } from "node:module";
import { webcrypto } from "node:crypto";

register("./static_loader.mjs", import.meta.url);
globalThis.crypto ??= webcrypto;
