// Calls to the dashboard's own API. Every failure becomes an ApiError with a text for people.

const TIMEOUT_MS = 15000;

export class ApiError extends Error {
  /** @param status the HTTP status, or 0 when no answer came */
  constructor(status, title, detail, errors = []) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

/** Calls the API and returns the parsed answer. @param body sent as JSON; a Blob is sent as it is */
export async function call(method, path, body, timeoutMs = TIMEOUT_MS) {
  let response;
  const headers = { Accept: "application/json" };
  // no other site can send this header, so a session can't be used by one
  if (method !== "GET") headers["X-Pressroom-Request"] = "1";
  if (body !== undefined && !(body instanceof Blob)) headers["Content-Type"] = "application/json";
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new ApiError(0, "No answer", "The dashboard service does not answer.");
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return answer;
  if (response.status === 401 && location.pathname !== "/login") signIn();
  throw new ApiError(response.status, answer?.title ?? `HTTP ${response.status}`, answer?.detail, answer?.errors);
}

function signIn() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

export const jobPath = (id) => `/api/jobs/${encodeURIComponent(id)}`;
export const pdfPath = (id, inline = false) => `${jobPath(id)}/download${inline ? "?inline=1" : ""}`;
export const jobPage = (id) => `/jobs/${encodeURIComponent(id)}`;
