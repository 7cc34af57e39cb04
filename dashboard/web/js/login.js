// Signing in.

import { call } from "./api.js";
import { setText, show } from "./dom.js";

const form = document.getElementById("login");
const key = document.getElementById("key");
const problem = document.getElementById("problem");
const button = form.querySelector("button");

/** Only a path of this service: an address in the link must not lead elsewhere. */
function wanted() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  try {
    const address = new URL(next, location.origin);
    return address.origin === location.origin ? address.pathname + address.search + address.hash : "/";
  } catch {
    return "/";
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  show(problem, false);
  button.disabled = true;
  try {
    await call("POST", "/api/session", { key: key.value });
    location.assign(wanted());
  } catch (error) {
    setText(problem, error.status === 401 ? "This key is not known." : error.message);
    show(problem, true);
    key.select();
  } finally {
    button.disabled = false;
  }
});
