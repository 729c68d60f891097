// Who of the idle crowd is in which conversation: everyone in 50, 50 in each, evenly woven. The same for all.

export const conversationsPerUser = 50;

export function crowdPlaces(users: number): number[][] {
  return Array.from({ length: users }, (_, user) => placesOf(user, users));
}

/** As many conversations as users; user u is in u, u + step, u + 2 step ... */
function placesOf(user: number, users: number): number[] {
  const step = Math.max(1, Math.floor(users / conversationsPerUser));
  const places = Array.from({ length: conversationsPerUser }, (_, i) => (user + i * step) % users);
  // Fewer users than that meet themselves again.
  return [...new Set(places)];
}
