// The login that an address names, as its server wants to have it.

/** The `Authorization` for the user and the password of an address (RFC 7617); undefined where it names none. */
export function basicLogin({ username, password }: URL): string | undefined {
  if (username === '') return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

/** What an address has escaped; as it stands where it is not well escaped. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
