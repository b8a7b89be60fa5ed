/* A page without script says so in the page itself (noscript); this one finds a browser that lacks what signing needs. */
if (!isSecureContext || !crypto.subtle || !("indexedDB" in self)) {
  const notice = document.getElementById("no-crypto");
  if (notice) notice.hidden = false;
}
