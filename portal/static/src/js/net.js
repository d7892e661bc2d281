// Requests that change something: same origin, form-encoded, with the CSRF token.
import { $ } from "./dom.js";

export class Refused extends Error {
  constructor(status, data) {
    super(data.detail || data.error || "We could not save that. Nothing was changed.");
    this.status = status;
    this.data = data;
  }
}

/** POST fields and return the JSON of the answer; raises Refused for anything but success. */
export async function post(url, fields) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "X-CSRFToken": $("meta[name=csrf-token]")?.content ?? "", "X-Requested-With": "fetch", Accept: "application/json" },
      redirect: "manual",
    });
  } catch {
    throw new Refused(0, { detail: "The server does not answer. Nothing was changed." });
  }
  if (response.type === "opaqueredirect" || response.status === 401) {
    throw new Refused(401, { detail: "Your session has ended. Sign in again in another tab, then repeat this." });
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const data = isJson ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, data);
  return data;
}
