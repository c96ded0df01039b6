/** Where somebody was in a list of films: coming back from a film leads there. */
const places = new Map<string, number>()

export function placeOf(list: string): number {
  return places.get(list) ?? 0
}

export function rememberPlace(list: string, place: number): void {
  places.set(list, place)
}
