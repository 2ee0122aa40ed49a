using System.Management.Automation;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>A cmdlet that changes something: it asks before it does, says numbers with -WhatIf, and tells how grave it is.</summary>
public abstract class ChangingMirrorCmdlet : MirrorCmdlet
{
    /// <summary>True if -WhatIf is in force, from the command line or the session.</summary>
    protected bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given)
        ? ((SwitchParameter)given).IsPresent
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <summary>
    /// Asks whether to go on. The attribute of a cmdlet has one impact for all that it does; where a cmdlet has harmless uses beside grave ones it
    /// declares High, and passes here how grave this use is.
    /// </summary>
    /// <param name="impact">How grave this use is.</param>
    /// <param name="target">What it is done to.</param>
    /// <param name="action">What is done, a phrase such as <c>Remove the pair and delete its storages</c>.</param>
    /// <param name="numbers">What it means in numbers; asked for only where somebody reads it.</param>
    protected bool Confirmed(ConfirmImpact impact, string target, string action, Func<string>? numbers = null)
    {
        if (!IsWhatIf && !Asks(impact))
        {
            WriteVerbose($"{action}: {target}");
            return true;
        }

        var text = numbers is null ? $"{action}: {target}." : $"{action}: {target}. {numbers()}";
        return ShouldProcess(text, $"{text}{Environment.NewLine}Go on?", "Confirm");
    }

    private bool Asks(ConfirmImpact impact)
    {
        if (MyInvocation.BoundParameters.TryGetValue("Confirm", out var given))
        {
            return ((SwitchParameter)given).IsPresent;
        }

        var preference = GetVariableValue("ConfirmPreference")?.ToString();
        return Enum.TryParse<ConfirmImpact>(preference, ignoreCase: true, out var threshold) && threshold != ConfirmImpact.None && impact >= threshold;
    }
}
