/** What `phoenix status --json` and the agent's `Status()` show about telemetry. Counts are since the agent started it. */
export type TelemetryStatus =
  | { readonly state: "off" }
  | {
      readonly state: "on";
      readonly url: string;
      /** Items in memory and in the spool. */
      readonly waiting: number;
      readonly spooledBytes: number;
      readonly delivered: number;
      /** Lost: too old, too many, damaged, or refused with their batch. */
      readonly dropped: number;
      /** Items of delivered batches that the sink did not want. */
      readonly rejected: number;
      /** ms since 1970; 0 = never. */
      readonly lastDelivery: number;
      /** Empty while all is well. */
      readonly lastError: string;
      /** ms since 1970; 0 = nothing stands in the way. */
      readonly nextTry: number;
    };
