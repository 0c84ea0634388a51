"""A patient-view call with 200 Observations in prefetch: ours beside other services, each in a process of its own."""
