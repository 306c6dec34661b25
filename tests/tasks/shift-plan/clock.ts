export interface Shift { from: string; to: string }

const at = (time: string): number => {
  const [hours, rest] = time.split(':').map(Number);
  return hours * 60 + rest;
};

/** How long a shift is; one that ends earlier than it begins ends the next day. */
export function minutes({ from, to }: Shift): number {
  return (at(to) - at(from) + 1440) % 1440;
}
