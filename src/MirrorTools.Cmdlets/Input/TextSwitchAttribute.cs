using System.Management.Automation;

namespace MirrorTools.Cmdlets.Input;

/// <summary>Lets a switch be bound to the texts that a CSV file has: true, false, yes, no, 1, 0, or nothing.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TextSwitchAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return data is not string text ? inputData : text.Trim().ToLowerInvariant() switch
        {
            "true" or "yes" or "1" or "$true" => new SwitchParameter(true),
            "" or "false" or "no" or "0" or "$false" => new SwitchParameter(false),
            _ => throw new ArgumentTransformationMetadataException($"'{text}' is neither true nor false."),
        };
    }
}
