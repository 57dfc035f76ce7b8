{{ current_versions("fx_rates") }}
