// A certified OpenID provider with a handful of people, for the tests: node server.mjs REDIRECT_URI [PORT]
// Prints one line of JSON with its issuer when it is ready. Its sign-in page asks for a name and no password.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirectUri, port = "0"] = process.argv.slice(2);
const PEOPLE = {
  ada: { name: "Ada Corp", email: "ada@corp.example", email_verified: true, groups: ["helpdesk"] },
  zoe: { name: "Zoe Corp", email: "zoe@corp.example", email_verified: true, groups: [] },
  eve: { name: "Eve Corp", email: "eve@corp.example", email_verified: false, groups: ["helpdesk"] },
};

const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration());
  const library = provider.callback();
  server.on("request", (request, response) => {
    if (request.url.startsWith("/people/")) signIn(provider, request, response);
    else library(request, response);
  });
  console.log(JSON.stringify({ issuer }));
});

function configuration() {
  const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  return {
    clients: [
      {
        client_id: "ledgerdesk",
        client_secret: "not:a%secret+at all",
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    jwks: { keys: [{ ...jwk, kid: "first", use: "sig", alg: "RS256" }] },
    cookies: { keys: ["of a test"] },
    claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["name"] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/people/${interaction.uid}` },
    findAccount: (_, id) => PEOPLE[id] && { accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) },
    ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Interaction: 600, Session: 600, Grant: 600 },
    // Whoever signs in has consented.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  };
}

async function signIn(provider, request, response) {
  if (request.method === "GET") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Corp</title><link rel="icon" href="data:,">
<form method="post"><label>Name <input name="who" autofocus></label>
<button>Sign in</button><button name="stop" value="1">Stop</button></form></html>`);
    return;
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const form = new URLSearchParams(body);
  const result = form.get("stop")
    ? { error: "access_denied", error_description: "The person stopped." }
    : { login: { accountId: form.get("who") } };
  await provider.interactionFinished(request, response, result);
}
