import assert from "node:assert/strict";
import { test } from "node:test";
import type { Http, HttpPost } from "../../platform/http.ts";
import { NetworkError } from "../../platform/network.ts";
import { oidcTokenSource, type OidcOptions } from "./oidc.ts";

const options: OidcOptions = {
  tokenEndpoint: "https://idp.example/token",
  clientId: "shop",
  clientSecret: "very:secret",
};
const { signal } = new AbortController();

/** An identity provider that answers with this. */
function provider(status: number, body: string): Http & { readonly asked: HttpPost[] } {
  const asked: HttpPost[] = [];
  return {
    asked,
    post(request) {
      asked.push(request);
      return Promise.resolve({ status, body: Buffer.from(body) });
    },
  };
}

test("the request is one for client credentials", async () => {
  const http = provider(200, '{"access_token":"abc","token_type":"Bearer","expires_in":3600}');
  const source = oidcTokenSource(
    { ...options, scope: "kafka read", parameters: { audience: "k&k" }, extensions: { a: "b" } },
    http,
  );
  const token = await source({ signal });
  assert.deepEqual(token, { value: "abc", lifetimeMs: 3_600_000, extensions: { a: "b" } });
  const [request] = http.asked;
  assert.equal(request?.url.href, "https://idp.example/token");
  assert.equal(request.body, "grant_type=client_credentials&scope=kafka+read&audience=k%26k");
  const basic = Buffer.from("shop:very:secret").toString("base64");
  assert.equal(request.headers["authorization"], `Basic ${basic}`);
  assert.equal(request.headers["content-type"], "application/x-www-form-urlencoded");
  assert.equal(request.signal, signal);
});

test("id and secret can be spelled as in a URL", async () => {
  const http = provider(200, '{"access_token":"abc"}');
  const token = await oidcTokenSource({ ...options, urlEncode: true }, http)({ signal });
  assert.equal(token.lifetimeMs, undefined);
  const basic = Buffer.from("shop:very%3Asecret").toString("base64");
  assert.equal(http.asked[0]?.headers["authorization"], `Basic ${basic}`);
});

test("what the provider refuses is told; only what may pass is tried again", async () => {
  const cases: readonly (readonly [
    status: number,
    body: string,
    retriable: boolean,
    says: RegExp,
  ])[] = [
    [
      401,
      '{"error":"invalid_client","error_description":"who?"}',
      false,
      /status 401: invalid_client: who\?/,
    ],
    [400, "<html>", false, /status 400$/],
    [302, "", false, /status 302$/],
    [503, "busy", true, /status 503/],
    [429, "", true, /status 429/],
    [200, "<html>", false, /holds no access_token/],
    [200, '{"access_token":1}', false, /holds no access_token/],
    [200, "null", false, /holds no access_token/],
  ];
  for (const [status, body, retriable, message] of cases) {
    await assert.rejects(
      oidcTokenSource(options, provider(status, body))({ signal }),
      (thrown: unknown) => {
        assert.ok(thrown instanceof Error && "code" in thrown && "retriable" in thrown);
        assert.equal(thrown.code, "SASL_TOKEN_UNAVAILABLE");
        assert.equal(thrown.retriable, retriable);
        assert.match(thrown.message, message);
        assert.ok(!thrown.message.includes("secret"));
        return true;
      },
    );
  }
});

test("a provider that cannot be reached is told", async () => {
  const error = new NetworkError("cannot connect to it", { code: "ECONNREFUSED", retriable: true });
  const http: Http = { post: () => Promise.reject(error) };
  await assert.rejects(oidcTokenSource(options, http)({ signal }), {
    code: "SASL_TOKEN_UNAVAILABLE",
    retriable: true,
    message: /idp\.example gives no token: cannot connect to it/,
    cause: error,
  });
});

test("a secret does not go out in clear text, and not without an endpoint", () => {
  const http = provider(200, "{}");
  const bad: readonly Partial<OidcOptions>[] = [
    { tokenEndpoint: "http://idp.example/token" },
    { tokenEndpoint: "idp.example/token" },
    { tokenEndpoint: "file:///token" },
    { tokenEndpoint: "" },
    { clientId: "" },
    { clientSecret: "" },
  ];
  for (const more of bad) {
    assert.throws(() => oidcTokenSource({ ...options, ...more }, http), { code: "SASL_OPTIONS" });
  }
  for (const more of [
    { tokenEndpoint: "http://localhost:8080/token" },
    { tokenEndpoint: "http://127.0.0.1/token" },
    { tokenEndpoint: "http://[::1]/token" },
    { tokenEndpoint: "http://idp.example/token", allowHttp: true },
  ]) {
    oidcTokenSource({ ...options, ...more }, http);
  }
});
