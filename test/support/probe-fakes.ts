/**
 * Servers that misbehave in ways the test image cannot: `node fakes.mjs PORT`, from PORT up: http, https, a stranger, three postgres, three
 * redis. A script of its own because it runs inside the sandbox, with nothing but Node.
 */
export const fakeServers = String.raw`
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer } from "node:net";
let port = Number(process.argv[2]);
const listen = (server) => server.on("error", (error) => { throw error; }).listen(port++, "127.0.0.1");

const odd = {
  "/loop": (answer) => answer.writeHead(302, { location: "/loop" }).end(),
  "/to/500": (answer) => answer.writeHead(307, { location: "/500" }).end(),
  "/away": (answer) => answer.writeHead(302, { location: "http://Example.org/x" }).end(),
  "/torn": (answer) => { answer.writeHead(200, { "content-length": 1000 }); answer.write("a"); setTimeout(() => answer.destroy(), 50); },
  "/drip": (answer) => { const timer = setInterval(() => answer.write("x"), 50); answer.on("close", () => clearInterval(timer)); },
  "/endless": (answer) => { const more = () => { while (answer.write(Buffer.alloc(65536)) && !answer.destroyed); }; answer.on("drain", more); more(); },
  "/silence": () => {},
  "/101": (answer) => answer.socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: odd\r\nConnection: upgrade\r\n\r\n"),
};
listen(createHttp((request, answer) => (odd[request.url] ?? (() => answer.writeHead(Number(request.url.slice(1)) || 200).end("x")))(answer)));
listen(createHttps({ key: readFileSync("key.pem"), cert: readFileSync("cert.pem") }, (request, answer) => answer.end("ok")));
listen(createServer((socket) => socket.on("error", () => {}).end("SSH-2.0-stranger\r\n")));

const message = (kind, body) => { const head = Buffer.alloc(5); head.write(kind); head.writeInt32BE(body.length + 4, 1); return Buffer.concat([head, body]); };
const refusal = (state) => message("E", Buffer.from("SFATAL\0VFATAL\0C" + state + "\0Mno\0\0"));
const afterHello = (answer) => createServer((socket) => {
  socket.on("error", () => {});
  // In two pieces: an answer need not come in one packet.
  socket.once("data", () => { socket.write(answer.subarray(0, 3)); setTimeout(() => socket.end(answer.subarray(3)), 30); });
});
listen(afterHello(message("R", Buffer.from([0, 0, 0, 10]))));
listen(afterHello(refusal("57P03")));
listen(afterHello(refusal("3D000")));
for (const word of ["+PONG", "-NOAUTH Authentication required.", "-LOADING the dataset"]) listen(afterHello(Buffer.from(word + "\r\n")));
`;
