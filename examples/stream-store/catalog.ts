/** What the shop sells; prices in cents. */
export const catalog = [
  { item: "Darjeeling", price: 1290 },
  { item: "Assam", price: 990 },
  { item: "Sencha", price: 1490 },
  { item: "Rooibos", price: 790 },
  { item: "Teapot", price: 3490 },
  { item: "Cup", price: 850 },
  { item: "Kettle", price: 5900 },
  { item: "Strainer", price: 450 },
] as const;

export function priceOf(item: string): number | undefined {
  return catalog.find((one) => one.item === item)?.price;
}
