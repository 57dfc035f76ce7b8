{{ current_versions("settlement_lines") }}
