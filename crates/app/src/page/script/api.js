// Calls of the API. Must not know what they are for.

// Why a call was not done: its status (0: nobody answered), the API's word and its text.
export class Refusal extends Error {
  constructor(status, code, text) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

export const UNREACHABLE = "Your peer cannot be reached: it may have been stopped.";
export const SIGNED_OUT = "You are not signed in any more.";

// Of an answer that is no success.
export function refusal(status, text) {
  if (status === 0) return new Refusal(0, "unreachable", UNREACHABLE);
  if (status === 401) return new Refusal(401, "no_token", SIGNED_OUT);
  try {
    const { code, text: words } = JSON.parse(text).error;
    return new Refusal(status, code, words);
  } catch {
    return new Refusal(status, "", `Your peer answered ${status}.`);
  }
}

// The JSON of the answer, or nothing where it has none.
export async function call(method, path, body) {
  const init = { method };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, init);
  } catch {
    throw refusal(0, "");
  }
  if (!answer.ok) throw refusal(answer.status, await answer.text().catch(() => ""));
  return answer.status === 204 ? null : answer.json();
}

// Messages of the history, oldest first.
export async function messages(query) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined));
  return (await call("GET", `/api/v1/messages?${parameters}`)).messages;
}

// A tag that is given to nothing else: the same one is the same message. (Not of `randomUUID`: browsers have it on loopback alone.)
export function tag() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
