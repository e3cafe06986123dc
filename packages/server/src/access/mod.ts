export { openAccess, type Access, type AccessOptions } from './access.ts';
export { allows, isScopeName, scopes, type Grant, type NewToken, type Scope, type TokenRecord } from './token.ts';
