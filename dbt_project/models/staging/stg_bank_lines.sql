{{ current_versions("bank_lines") }}
