// Makes a JSON Web Token for each call, signed with ES384 in this page. The key is a throw-away one of the page's server.
const { issuer, jku, key } = await (await fetch("client.json")).json();
const signing = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
const secret = await crypto.subtle.importKey("jwk", key, signing, false, ["sign"]);

export async function bearer(audience) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "ES384", typ: "JWT", kid: key.kid, jku };
  const claims = { iss: issuer, aud: audience, exp: now + 300, iat: now, jti: crypto.randomUUID() };
  const told = [header, claims].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part)))).join(".");
  const signature = await crypto.subtle.sign(signing, secret, new TextEncoder().encode(told));
  return `Bearer ${told}.${base64url(new Uint8Array(signature))}`;
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
