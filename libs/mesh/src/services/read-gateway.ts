/** `gateway` of mesh.yaml, but for its TLS, whose files have to be looked at. */
import type { GatewayGiven } from '../language/gateway.ts';
import type { Gateway } from '../mesh.ts';

export function gatewayOf(given: Omit<GatewayGiven, 'tls'>): Omit<Gateway, 'tls'> {
  const { proxyProtocol, forwardedHeader, connectionsMax, env, metrics, ...others } = given;
  return {
    ...others,
    ...(connectionsMax !== undefined && { connectionsMax }),
    ...(env && { env }),
    ...(metrics !== undefined && { metrics }),
    ...(proxyProtocol && { proxyProtocol }),
    ...(forwardedHeader && { forwardedHeader }),
  };
}
