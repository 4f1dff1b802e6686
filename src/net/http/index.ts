// Requests over HTTP. Its code is loaded where somebody asks: node:http and TLS take longer to read than most starts.
export { HTTP_SCHEMES } from './http-address.js';
export { discard, HttpClient, HttpConnections } from './http-client.js';
