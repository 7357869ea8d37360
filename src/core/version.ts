/** The version of Moldau, as in `package.json` (its test compares them). */
export const moldauVersion = "0.1.0";
