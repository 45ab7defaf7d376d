"""A small recurrent network for each latency series: fills holes and forecasts the next hour."""
