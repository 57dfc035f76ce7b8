{{ current_versions("tax_lines") }}
