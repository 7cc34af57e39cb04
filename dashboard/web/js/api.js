// Calls to the dashboard's own API. Every failure becomes an ApiError with a text for people.

const TIMEOUT_MS = 15000;

export class ApiError extends Error {
  /** @param status the HTTP status, or 0 when no answer came */
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
  }
}

/** Calls the API and returns the parsed answer. */
export async function call(method, path) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, "No answer", "The dashboard service does not answer.");
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new ApiError(response.status, body?.title ?? `HTTP ${response.status}`, body?.detail);
}

export const jobPath = (id) => `/api/jobs/${encodeURIComponent(id)}`;
export const pdfPath = (id, inline = false) => `${jobPath(id)}/download${inline ? "?inline=1" : ""}`;
export const jobPage = (id) => `/jobs/${encodeURIComponent(id)}`;
