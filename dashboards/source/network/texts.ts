/** Text of panels while no probe of these kinds has ended. */
export const NO_PROBES = "no tcp, unix, dns, icmp, grpc or websocket target probed yet";
