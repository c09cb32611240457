"""What is run: ComfyUI, the canary, or a command. Each turns settings into a Workload; none knows an engine."""
