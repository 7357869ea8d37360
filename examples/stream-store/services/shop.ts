/**
 * The shop: an HTTP API where orders are placed, and a page that shows what becomes of them. A customer is
 * answered at once, whoever else is up or down.
 */
import type { Server } from "node:http";
import { OrderDesk } from "../order-desk.ts";
import { runService } from "../service.ts";
import { shopServer } from "../shop-server.ts";
import { ShopWindow } from "../shop-window.ts";

const PORT = 8090;

await runService("shop", async ({ kafka, stopping, onMessage, tell }) => {
  const desk = await OrderDesk.open(kafka);
  const window = new ShopWindow(kafka, stopping, desk.placed);
  onMessage((message) => {
    if (message.kind === "traffic") desk.traffic = message.perSecond;
    if (message.kind === "stage") window.stage = message.stage;
  });
  const server = shopServer({
    desk,
    window,
    onAction: (action) => tell({ kind: "action", action }),
  });
  const wanted = Number(process.env["SHOP_PORT"] ?? PORT);
  await listen(server, wanted).catch((thrown: Error & { readonly code?: string }) => {
    if (thrown.code !== "EADDRINUSE") throw thrown;
    console.log(`Port ${wanted} is taken: the shop takes another one.`);
    return listen(server, 0);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : PORT;
  tell({ kind: "ready", address: `http://127.0.0.1:${port}` });
  await window.watch();
  server.closeAllConnections();
  server.close();
  await desk.close();
});

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
