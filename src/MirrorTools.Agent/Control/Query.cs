using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Control;

/// <summary>Checks what stands in queries and bodies.</summary>
internal static class Query
{
    /// <summary>How many items are asked for: the usual number where nothing is said.</summary>
    public static int Take(int? asked, int usual, int atMost) => asked switch
    {
        null => Math.Min(usual, atMost),
        < 1 => throw new ControlException(ErrorIds.InvalidArgument, $"'take' is {asked}; it is at least 1."),
        _ => Math.Min(asked.Value, atMost),
    };

    /// <summary>A name of an enum; the default where it is empty.</summary>
    public static T Name<T>(string? text, T whereEmpty, string what)
        where T : struct, Enum
    {
        if (string.IsNullOrEmpty(text))
        {
            return whereEmpty;
        }

        return Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0])
            ? value
            : throw new ControlException(ErrorIds.InvalidArgument, $"'{text}' is no {what}: it is one of {string.Join(", ", Enum.GetNames<T>())}.", text);
    }
}
