// docs/spec/bundle.md section 1: the container.
import { instant, session, venue } from "./forms.mjs";
import { canonical, DIGEST, exactly, hex, sha256, strictJson, utf8 } from "./notation.mjs";
import { begin, must } from "./verdict.mjs";

function container(data) {
  begin("container");
  const magic = "bideval-bundle/1\n";
  must(data.subarray(0, magic.length).toString("latin1") === magic, "not a bundle");
  let at = magic.length;
  const sections = [];
  for (;;) {
    const stop = data.indexOf(10, at);
    must(stop >= 0 && stop - at < 200, "no section line");
    const line = data.subarray(at, stop).toString("latin1");
    const end = /^end ([0-9a-f]{64})$/.exec(line);
    if (end) {
      must(hex(sha256(data.subarray(0, at))) === end[1], "the end has another digest");
      must(stop + 1 === data.length, "something follows the end");
      return sections;
    }
    const found = /^([a-z]+(?:\/[0-9a-f]{64})?) (0|[1-9][0-9]{0,12}) ([0-9a-f]{64})$/.exec(line);
    must(found, "a malformed section line");
    const from = stop + 1;
    const to = from + Number(found[2]);
    must(to < data.length && data[to] === 10, `${found[1]} has another length`);
    const content = data.subarray(from, to);
    must(hex(sha256(content)) === found[3], `${found[1]} has another digest`);
    sections.push({ name: found[1], content });
    at = to + 1;
  }
}

export function unpack(data) {
  const sections = container(data);
  must(sections.slice(0, 3).map((one) => one.name).join() === "manifest,record,checkpoint", "the first three sections");
  const files = new Map();
  for (const { name, content } of sections.slice(3)) {
    must(/^file\/[0-9a-f]{64}$/.test(name), `${name} is no file`);
    must(![...files.keys()].some((one) => one >= name.slice(5)), "files rise by digest");
    must(hex(sha256(content)) === name.slice(5), `${name} has another digest`);
    files.set(name.slice(5), content);
  }
  const manifest = strictJson(sections[0].content, "manifest");
  exactly(manifest, ["absent", "exported_by", "files", "format", "made_at", "main", "root", "session", "size"], "manifest");
  must(canonical(manifest) === sections[0].content.toString(), "the manifest has one spelling");
  must(manifest.format === "bideval-bundle/1", "the manifest has another format");
  members(manifest);
  must(sections[2].content.length <= 65_536, "the checkpoint is too large");
  utf8(sections[2].content, "the checkpoint");
  const listed = [...files].map(([sha, content]) => ({ sha256: sha, size: content.length }));
  must(canonical(manifest.files) === canonical(listed), "the manifest lists other files");
  return { manifest, files, lines: split(sections[1].content), note: sections[2].content };
}

function members(manifest) {
  const forms = { session, main: venue, exported_by: venue, made_at: instant };
  for (const [name, form] of Object.entries(forms)) {
    try {
      form(manifest[name]);
    } catch {
      must(false, `${name} has another form`);
    }
  }
  must(Number.isSafeInteger(manifest.size) && manifest.size >= 0, "size has another form");
  must(typeof manifest.root === "string" && DIGEST.test(manifest.root), "root has another form");
  must(Array.isArray(manifest.absent) && manifest.absent.length <= 100_000, "absent has another form");
  must(manifest.absent.every((one) => typeof one === "string" && DIGEST.test(one)), "absent has another form");
  must(manifest.absent.every((one, at) => at === 0 || manifest.absent[at - 1] < one), "absent rises");
}

function split(content) {
  const lines = [];
  for (let at = 0; at < content.length;) {
    must(at + 2 <= content.length, "the record is cut");
    const size = content.readUInt16BE(at);
    must(at + 2 + size <= content.length, "the record is cut");
    lines.push(content.subarray(at + 2, at + 2 + size));
    at += 2 + size;
  }
  return lines;
}

