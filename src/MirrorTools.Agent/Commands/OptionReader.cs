using System.Globalization;
using System.Net;

namespace MirrorTools.Agent.Commands;

/// <summary>Walks over the options of a command; both <c>--name value</c> and <c>--name=value</c> are taken.</summary>
internal sealed class OptionReader(string[] arguments)
{
    private int _next;
    private string? _joined;

    /// <summary>The option that is being read, without its value.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Goes to the next option.</summary>
    public bool Next()
    {
        if (_joined is not null)
        {
            throw new UsageException($"'{Current}' takes no value.");
        }

        if (_next == arguments.Length)
        {
            return false;
        }

        var text = arguments[_next++];
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        (Current, _joined) = equals > 0 ? (text[..equals], text[(equals + 1)..]) : (text, null);
        return true;
    }

    /// <summary>The option's value.</summary>
    public string Text()
    {
        var value = _joined ?? (_next < arguments.Length ? arguments[_next++] : null);
        _joined = null;
        return string.IsNullOrWhiteSpace(value) ? throw new UsageException($"'{Current}' needs a value.") : value;
    }

    /// <summary>The option's value as a number within bounds.</summary>
    public int Number(int smallest, int largest)
    {
        var text = Text();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= smallest && number <= largest
            ? number
            : throw new UsageException($"'{Current}' takes a number from {smallest} to {largest}, not '{text}'.");
    }

    /// <summary>The option's value as an address and port.</summary>
    public IPEndPoint EndPoint()
    {
        var text = Text();
        return IPEndPoint.TryParse(text, out var address) && text.Contains(':', StringComparison.Ordinal)
            ? address
            : throw new UsageException($"'{Current}' takes an address and a port such as 0.0.0.0:7400, not '{text}'.");
    }

    /// <summary>Ends the command because the option is not known.</summary>
    public UsageException Unknown() => new($"'{Current}' is not an option.");
}
