// Requests that change something: same origin, with the CSRF token.
import { $ } from "./dom.js";

export class Refused extends Error {
  constructor(status, data) {
    super(data.message || data.detail || "We could not save that. Nothing was changed.");
    this.status = status;
    this.data = data;
    // The server was out of reach or asked to wait: the same wish may be sent again as it is.
    this.passing = [0, 429, 503].includes(status);
  }
}

/** POST form fields, or JSON when `json` is set, and return the JSON of the answer; raises Refused. */
export async function post(url, fields, { json = false } = {}) {
  const headers = {
    "X-CSRFToken": $("meta[name=csrf-token]")?.content ?? "",
    "X-Requested-With": "fetch",
    Accept: "application/json",
  };
  if (json) headers["Content-Type"] = "application/json";
  let response;
  try {
    // What was sent arrives, though its page be left meanwhile.
    response = await fetch(url, {
      method: "POST",
      body: json ? JSON.stringify(fields) : new URLSearchParams(fields),
      headers,
      redirect: "manual",
      keepalive: true,
    });
  } catch {
    throw new Refused(0, { message: "The server is not responding. Your change may not have been saved." });
  }
  if (response.type === "opaqueredirect" || response.status === 401) {
    throw new Refused(401, {
      message: "Your session has ended. Sign in again in another tab, then try again.",
    });
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const data = isJson ? await response.json() : {};
  // A dangerous act waits for the password; the page that asks for it leads back here.
  if (data.proof) location.assign(data.proof);
  if (!response.ok) throw new Refused(response.status, data);
  return data;
}
