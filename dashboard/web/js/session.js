// Who is signed in. What a role may not do is not shown; the service refuses it anyway.

import { call } from "./api.js";
import { setAttr } from "./dom.js";

const RANK = { viewer: 1, operator: 2, admin: 3 };
let session = { name: "", role: "admin", needsKey: false };

export const whoAmI = () => session;
export const may = (role) => RANK[session.role] >= RANK[role];

/** Asks once, before the first screen; without an answer everything is shown. */
export async function loadSession() {
  try {
    session = await call("GET", "/api/session");
  } catch {
    return;
  }
  setAttr(document.body, "data-role", session.role);
}

export async function signOut() {
  await call("DELETE", "/api/session");
  location.assign("/login");
}
