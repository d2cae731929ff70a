/** The bridge's metrics in Prometheus's text exposition format. Few, and none per school. */
import * as exposition from "../../shared/exposition.ts";
import type { BridgeState, DoorState } from "./state.ts";

export function metricsText(health: BridgeState): string {
  const { troubles, workerAnsweredAt } = health;
  const isOn = (kind: string) => troubles.some(({ trouble }) => trouble === kind) ? 1 : 0;
  return [
    gauge("worker_reachable", "Whether the worker answers.", 1 - isOn("worker_away")),
    gauge(
      "worker_answered_timestamp_seconds",
      "When the worker last answered; 0 when it never did.",
      (workerAnsweredAt ?? 0) / 1000,
    ),
    gauge("disk_full", "Whether the disk of DATA_DIR is full.", isOn("disk_full")),
    gauge(
      "keyring_reachable",
      "Whether the master key can be asked; it is in a file or in a token.",
      1 - isOn("keyring_away"),
    ),
    gauge("sessions", "Connections that are logged in.", health.sessions),
    gauge("uploads_waiting", "Accepted files on their way to the worker.", health.uploadsWaiting),
    gauge("uploads_held", "Files that a rule holds.", health.uploadsHeld),
    gauge("uploads_parked", "Files that a fault stopped.", health.uploadsParked),
    gauge("commands_waiting", "Commands of the worker yet to be done.", health.commandsWaiting),
    gauge("handles", "Handles of files and folders that schools have open.", health.handles),
    gauge("waiting_bytes", "Bytes of requests that are yet to be done.", health.waitingBytes),
    counter(
      "limits_reached_total",
      "Times that a school came up against a limit, by which.",
      "limit",
      health.limitsReached,
    ),
    ...doorText(health.door),
    gauge("events_aside", "Events that the worker refused, kept here.", health.eventsAside),
  ].join("");
}

function doorText(door: DoorState): string[] {
  return [
    gauge("connections", "Connections to the SFTP server.", door.connections),
    gauge("strangers", "Connections that have not logged in yet.", door.strangers),
    gauge(
      "connections_waiting",
      "Connections whose address connects, or exchanges keys, too often.",
      door.waiting,
    ),
    gauge("bans", "Addresses that are shut out for a while.", door.bans),
    counter("turned_away_total", "Connections turned away, by why.", "why", door.turnedAway),
    counter("refused_logins_total", "Logins refused, by why.", "why", door.refusedLogins),
  ];
}

function counter(
  name: string,
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
) {
  return exposition.counter(`rosterbridge_bridge_${name}`, help, label, values);
}

function gauge(name: string, help: string, value: number): string {
  return exposition.gauge(`rosterbridge_bridge_${name}`, help, value);
}
