// Where connections may go when their address came as data, and requests over HTTP that keep to it.
export { addressKind, type AddressKind } from './address-kind.js';
export { createAddressPolicy, type AddressPolicy, type AddressPolicyOptions, type Resolver } from './address-policy.js';
export { basicLogin } from './basic-login.js';
export { AllowedHosts, checkAllowHosts } from './allowed-hosts.js';
export type {
  HttpAnswer,
  HttpAsk,
  HttpClient,
  HttpClientOptions,
  HttpConnections,
  HttpTrouble,
} from './http/http-client.js';

/** The code of requests over HTTP, which nobody reads who makes none. */
export const loadHttp = () => import('./http/index.js');

export type {
  RemoteDeadline,
  RemoteFile,
  RemoteFiles,
  RemoteOptions,
  RemoteReceipt,
  RemoteTimes,
} from './remote/index.js';

/** The code of remote files. */
export const loadRemote = () => import('./remote/index.js');
