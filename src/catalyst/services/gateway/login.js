"use strict";
// The link's token stands in the fragment, which no server and no log ever sees. It is sent once, by POST.
const form = document.getElementById("login");
function take() {
  const found = /^#token=([\w-]{20,128})$/.exec(location.hash);
  if (!found) return false;
  history.replaceState(null, "", location.pathname);
  form.elements.link.value = found[1];
  form.elements.password.required = false;
  form.submit();
  return true;
}
addEventListener("hashchange", take);
// A link from another site brings no SameSite=Strict cookie along; asking from here does, and then we are in already.
if (!take() && form.dataset.retry) {
  fetch("/catalyst/state", { cache: "no-store" }).then((reply) => { if (reply.ok) location.replace("/"); }, () => {});
}
