// Where connections may go when their address came as data.
export { addressKind, type AddressKind } from './address-kind.js';
export { createAddressPolicy, type AddressPolicy, type AddressPolicyOptions, type Resolver } from './address-policy.js';
export { checkAllowHosts } from './allowed-hosts.js';
