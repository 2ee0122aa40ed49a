using System.Management.Automation;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Input;

/// <summary>Names with wildcards, as cmdlets that read take them.</summary>
internal static class NamePattern
{
    /// <summary>The pattern that a name is.</summary>
    /// <exception cref="MirrorApiException"><see cref="ErrorIds.InvalidArgument"/>: it is none, such as one with an open bracket.</exception>
    public static WildcardPattern Of(string? name)
    {
        try
        {
            var pattern = new WildcardPattern(name ?? "", WildcardOptions.IgnoreCase);

            // Only the first use tells whether it is one.
            pattern.IsMatch("");
            return pattern;
        }
        catch (WildcardPatternException error)
        {
            throw MirrorApiException.Create(
                ErrorIds.InvalidArgument, $"'{name}' is no name with wildcards.", "Close the bracket, or give the name without it.",
                nameof(ErrorCategory.InvalidArgument), name, error);
        }
    }
}
