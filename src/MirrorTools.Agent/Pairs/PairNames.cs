using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>What a pair may be called: names become parts of file names, sockets and paths of the API.</summary>
internal static class PairNames
{
    private const int MaxChars = 63;

    /// <summary>Checks a pair's name, or a group's.</summary>
    public static void Check(string name, string what = "pair")
    {
        var isSound = name.Length is > 0 and <= MaxChars
            && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.')
            && !name.StartsWith('.')
            && !Guid.TryParse(name, out _);
        if (!isSound)
        {
            throw new ControlException(
                ErrorIds.PairNameInvalid, $"'{name}' can't be a {what}'s name: it takes 1 to {MaxChars} ASCII letters, digits, '-', '_' and '.', no leading '.', and is no GUID.", name);
        }
    }
}
